#include "ptx_coverage.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "sim.h"

namespace klif_sim {
namespace {

struct Covered {
  std::mutex lock;
  std::vector<const LoadedPtx*> modules;
};

Covered& covered() {
  static Covered* it = new Covered();
  return *it;
}

// A line for each block: module and checksum, the PTX's line, instructions, whether they ran. ptx-coverage reads it.
void append() {
  const char* path = std::getenv("KLIF_SIM_PTX_COVERAGE");
  std::string text;
  Covered& all = covered();
  std::lock_guard<std::mutex> guard(all.lock);
  for (const LoadedPtx* module : all.modules) {
    for (size_t i = 0; i < module->object.blockCount; i++) {
      const PtxBlock& block = module->object.blocks[i];
      text += module->module + " " + module->key + " " + std::to_string(block.line) + " " + std::to_string(block.instructions) +
              (module->object.ran[i] != 0 ? " 1\n" : " 0\n");
    }
  }
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  for (size_t done = 0; file >= 0 && done < text.size();) {
    ssize_t n = write(file, text.data() + done, text.size() - done);
    if (n <= 0) {
      break;
    }
    done += static_cast<size_t>(n);
    if (done == text.size()) {
      close(file);
      return;
    }
  }
  say("KLIF_SIM_PTX_COVERAGE: cannot write all of %s", path);
}

}  // namespace

void coverPtx(const LoadedPtx& module) {
  const char* path = std::getenv("KLIF_SIM_PTX_COVERAGE");
  if (path == nullptr || *path == 0) {
    return;
  }
  Covered& all = covered();
  std::lock_guard<std::mutex> guard(all.lock);
  if (all.modules.empty()) {
    std::atexit(append);
  }
  all.modules.push_back(&module);
}

}  // namespace klif_sim
