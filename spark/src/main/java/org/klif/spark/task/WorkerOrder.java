package org.klif.spark.task;

import java.io.Serializable;

/**
 * Data-parallel training as text, all that is sent to an executor; the same for all workers.
 *
 * @param config file with the run's configuration; this and the folders are on the shared file
 *     system
 * @param folder of the run
 * @param processes folder for what the workers print
 * @param token proof of belonging to this training
 * @param timeoutSeconds longest wait for another worker
 * @param launch how processes are started
 */
public record WorkerOrder(
    String config,
    String folder,
    String processes,
    String token,
    long timeoutSeconds,
    RunOrder.Launch launch)
    implements Serializable {}
