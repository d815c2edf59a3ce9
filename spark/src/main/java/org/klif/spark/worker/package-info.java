/**
 * The processes of data-parallel training, one a barrier task: they compute shards of one run and
 * exchange numbers through gRPC. They know nothing of Spark.
 */
package org.klif.spark.worker;
