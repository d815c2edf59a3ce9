// Launches the committed kernels at random through a driver's library:
//   launches LIBRARIES KERNELS ROUNDS SEED [ENTRY]
// KERNELS is the folder of the PTX; ENTRY the only one to launch. The stand-in driver's KLIF_SIM_PTX says what is run and looked at.
// Exit code 1: a launch failed, something differed, or an entry of the PTX was not launched.
#include <cstdio>
#include <cstdlib>

#include "device.h"

int main(int count, char** words) {
  if (count != 5 && count != 6) {
    std::fprintf(stderr, "launches: use launches LIBRARIES KERNELS ROUNDS SEED [ENTRY]\n");
    return 2;
  }
  const std::string only = count == 6 ? words[5] : "";
  Device device(words[1], words[2], std::strtoull(words[4], nullptr, 10), only);
  for (int round = 0; round < std::atoi(words[3]); round++) {
    launchNeurons(device);
    launchOthers(device);
  }
  int code = 0;
  for (const auto& [entry, module] : device.entries()) {
    if (device.wants(entry) && device.launched().count(entry) == 0) {
      std::fprintf(stderr, "launches: %s of %s was never launched\n", entry.c_str(), module.c_str());
      code = 1;
    }
  }
  std::printf("%ld launches of %zu entries\n", device.launches(), device.launched().size());
  char line[256];
  int verdict = reinterpret_cast<int (*)(char*, long)>(device.function("klif_sim_ptx_report"))(line, sizeof line);
  if (verdict != 0) {
    std::printf("%s\n", line);
  }
  return verdict == 2 ? 1 : code;
}
