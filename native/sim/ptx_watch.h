// What one launch of PTX did to the device's memory: which elements it wrote, and who touched what without an order.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "ptx_object.h"

namespace klif_sim {

// Memory of zeros, of which the system gives what is touched.
template <class T>
class Zeros {
 public:
  explicit Zeros(size_t count) : data_(static_cast<T*>(std::calloc(count == 0 ? 1 : count, sizeof(T)))) {
    if (data_ == nullptr) {
      throw std::bad_alloc();
    }
  }
  Zeros(const Zeros&) = delete;
  Zeros& operator=(const Zeros&) = delete;
  ~Zeros() { std::free(data_); }
  T& operator[](size_t i) const { return data_[i]; }

 private:
  T* data_;
};

constexpr size_t UNIT = 2;  // bytes that are looked at as one: no element is smaller, but for stores of single bytes

// An array of the device that the launch can reach.
struct WatchedArray {
  uint64_t start;
  size_t bytes;
  std::vector<unsigned char> before;         // for WATCH_WRITES
  std::unique_ptr<Zeros<uint16_t>> writers;  // a unit's store, counted from 1
  std::unique_ptr<Zeros<Access>> cells;      // for WATCH_RACES

  unsigned char* memory() const { return reinterpret_cast<unsigned char*>(start); }
};

class PtxWatch {
 public:
  // One at a time: kernels run under the driver's lock.
  PtxWatch(int what, const HostKernel& kernel, void* const* parameters);
  PtxWatch(const PtxWatch&) = delete;
  PtxWatch& operator=(const PtxWatch&) = delete;
  ~PtxWatch();

  const std::vector<std::unique_ptr<WatchedArray>>& arrays() const { return arrays_; }

  // Of a kernel's thread.
  void read(const unsigned char* from, int bytes, int line);
  void write(unsigned char* to, int bytes, int line, int number);

 private:
  int what_;
  uint64_t number_;  // of the launch
  std::mutex lock_;
  std::vector<std::unique_ptr<WatchedArray>> arrays_;

  WatchedArray* add(uint64_t address);
  WatchedArray& around(const unsigned char* at, int bytes, int line, const char* instruction);
};

}  // namespace klif_sim
