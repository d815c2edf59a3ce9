#include "counting.h"

#include <cstring>
#include <map>
#include <mutex>

#include "driver.h"

namespace klif_sim {
namespace {

int counted = 0;

std::map<std::string, long>& operations() {
  static auto* it = new std::map<std::string, long>();
  return *it;
}

}  // namespace

int countedMultiprocessors() { return counted; }

void countOperation(const std::string& name) { operations()[name]++; }

}  // namespace klif_sim

using namespace klif_sim;

int klif_sim_count(int multiprocessors) {
  std::lock_guard<std::recursive_mutex> guard(driverLock());
  if (multiprocessors == counted) {
    return 1;
  }
  if (contextLives()) {
    return 0;
  }
  counted = multiprocessors;
  return 1;
}

long klif_sim_operations(char* to, long size) {
  std::lock_guard<std::recursive_mutex> guard(driverLock());
  std::string list;
  for (auto& [name, number] : operations()) {
    list += std::to_string(number) + " " + name + "\n";
  }
  if (static_cast<long>(list.size()) < size) {
    std::memcpy(to, list.c_str(), list.size() + 1);
    operations().clear();
  }
  return static_cast<long>(list.size()) + 1;
}
