// Handles and descriptors of the stand-in libraries: known while they live, so that a destroyed or a wrong one is found.
#ifndef KLIF_SIM_OBJECTS_H
#define KLIF_SIM_OBJECTS_H

#include <map>
#include <mutex>

namespace klif_sim {

/** The live objects of one type. */
template <typename T>
class Objects {
 public:
  /** A new object of the caller's. */
  T* create() {
    T* object = new T();
    std::lock_guard<std::mutex> lock(mutex_);
    live_[object] = true;
    return object;
  }

  /** The object, or null where there is none at the address. */
  T* find(void* address) {
    std::lock_guard<std::mutex> lock(mutex_);
    return live_.count(address) == 0 ? nullptr : static_cast<T*>(address);
  }

  /** Whether there was one to destroy. */
  bool destroy(void* address) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (live_.erase(address) == 0) {
      return false;
    }
    delete static_cast<T*>(address);
    return true;
  }

  /** How many live. */
  long count() {
    std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<long>(live_.size());
  }

 private:
  std::mutex mutex_;
  std::map<void*, bool> live_;
};

}  // namespace klif_sim

#endif
