// System threads that share out blocks and parts of library calls, and the guard around everything that runs on them.
#pragma once

namespace klif_sim {

// How many system threads work at most (KLIF_SIM_THREADS, default 2 or what there is).
int poolThreads();

// Calls body(argument, i) for i in [0, workers), the first one here; returns when all have returned.
void runOnPool(int workers, void (*body)(void* argument, int number), void* argument);

}  // namespace klif_sim
