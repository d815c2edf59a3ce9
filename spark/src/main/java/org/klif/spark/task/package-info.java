/** What runs inside Spark's executors: it starts processes of Klif and waits for them. */
package org.klif.spark.task;
