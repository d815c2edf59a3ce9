/**
 * The description of a run: every key of config.yaml with its default, its checks and who reads it,
 * and the presets that come with Klif.
 */
package org.klif.config;
