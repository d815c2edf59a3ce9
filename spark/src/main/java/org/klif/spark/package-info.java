/**
 * The driver: what a person starts. It asks Spark for tasks, follows the runs by their folders on
 * the shared file system, and writes what they came to. Tasks are in {@link org.klif.spark.task},
 * the processes of data-parallel training in {@link org.klif.spark.worker}.
 */
package org.klif.spark;
