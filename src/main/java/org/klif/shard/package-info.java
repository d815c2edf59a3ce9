/**
 * One batch computed by several shards in lock-step: who has which samples, and the one operation
 * by which they exchange numbers.
 */
package org.klif.shard;
