/**
 * Many runs: a sweep file becomes a list of {@link org.klif.sweep.Job jobs}, each a training run in
 * a folder of its own, and a {@link org.klif.sweep.JobPool} runs what is not finished yet, several
 * at once. What a sweep came to is read from the folders of its runs, so it does not depend on how
 * often it was interrupted, nor on who ran a job.
 */
package org.klif.sweep;
