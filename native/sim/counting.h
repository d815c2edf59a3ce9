// Counting: what a device is given is taken down by name; where only that is wanted, nothing of it is run.
#pragma once

#include <string>

namespace klif_sim {

// Multiprocessors of the device whose launches are counted in place of being run; 0: work is run.
int countedMultiprocessors();

inline bool counting() { return countedMultiprocessors() > 0; }

// A stream has come to an operation. Called with the driver's lock held.
void countOperation(const std::string& name);

}  // namespace klif_sim
