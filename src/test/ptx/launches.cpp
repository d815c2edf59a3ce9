// Launches the committed kernels at random through a driver's library:
//   launches LIBRARIES KERNELS ROUNDS SEED [ENTRY]
// KERNELS is the folder of the PTX; ENTRY the only one to launch. The stand-in driver's KLIF_SIM_PTX says what is run and looked at.
// Exit code 1: a launch failed, something differed, or an entry of the PTX was not launched.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "device.h"

namespace {

// ".visible .entry NAME(" of all modules
std::set<std::string> entriesOf(const std::string& kernels) {
  std::set<std::string> entries;
  const std::string mark = ".entry ";
  for (const auto& file : std::filesystem::directory_iterator(kernels)) {
    std::ifstream text(file.path());
    for (std::string line; file.path().extension() == ".ptx" && std::getline(text, line);) {
      size_t at = line.find(mark);
      if (at != std::string::npos) {
        entries.insert(line.substr(at + mark.size(), line.find('(') - at - mark.size()));
      }
    }
  }
  return entries;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5 && count != 6) {
    std::fprintf(stderr, "launches: use launches LIBRARIES KERNELS ROUNDS SEED [ENTRY]\n");
    return 2;
  }
  const std::string only = count == 6 ? words[5] : "";
  Device device(words[1], words[2], std::strtoull(words[4], nullptr, 10), only);
  const std::set<std::string> entries = entriesOf(words[2]);
  for (int round = 0; round < std::atoi(words[3]); round++) {
    launchNeurons(device);
    launchOthers(device);
  }
  int code = 0;
  for (const std::string& entry : entries) {
    if (device.wants(entry) && device.launched().count(entry) == 0) {
      std::fprintf(stderr, "launches: %s was never launched\n", entry.c_str());
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
