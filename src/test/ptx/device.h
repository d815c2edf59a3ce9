// Random launches through a driver's library: memory, values, kernels.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

typedef unsigned long long Address;  // of device memory; 0: null

class Device {
 public:
  // Libraries and PTX modules of two folders. `only`: the one entry to launch, "" for all.
  Device(const std::string& libraries, const std::string& kernels, uint64_t seed, const std::string& only);

  // Numbers
  int pick(int least, int most) { return least + static_cast<int>(random_() % static_cast<uint64_t>(most - least + 1)); }
  bool coin() { return (random_() & 1) != 0; }
  // Whether arrays get NaN, infinities, subnormals and -0 among their values from now on.
  void special(bool some) { special_ = some; }

  // Arrays, which live until clear()
  Address array(size_t bytes);
  Address bytes(const void* from, size_t n);
  Address floats(size_t n, float scale, float bias);
  Address typed(const std::string& type, size_t n, float scale, float bias);
  // float32 or nothing
  Address maybe(size_t n, float scale, float bias) { return coin() ? floats(n, scale, bias) : 0; }
  Address maybeArray(size_t bytes) { return coin() ? array(bytes) : 0; }
  // Waits for the work and frees the arrays.
  void clear();

  // Parameters are pointers to values, as cuLaunchKernel has them.
  struct Grid {
    unsigned x, y, blockX, blockY, shared;
  };
  void launch(const std::string& entry, Grid grid, std::vector<void*> parameters);
  bool wants(const std::string& entry) const { return only_.empty() || only_ == entry; }
  // Whether KERNELS has a module of one of these sources, and the one entry may be of that type of activation.
  bool has(std::initializer_list<std::string> sources) const;
  bool ofType(const std::string& type) const;

  // Entries of all modules, each with its module.
  const std::map<std::string, std::string>& entries() const { return entries_; }
  const std::set<std::string>& launched() const { return launched_; }
  long launches() const { return launches_; }
  void* function(const char* name) const;

 private:
  void* library_;
  std::string kernels_, only_;
  std::map<std::string, std::string> entries_;
  std::mt19937_64 random_;
  bool special_ = false;
  std::vector<Address> arrays_;
  std::map<std::string, void*> modules_;
  std::set<std::string> launched_;
  long launches_ = 0;

  float value(float scale);
  void check(int status, const char* what) const;
};

// One round: each entry of these modules once or twice, with another shape and other options each time.
void launchNeurons(Device& device);
void launchOthers(Device& device);
