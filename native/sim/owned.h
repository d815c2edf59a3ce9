// Sets of the objects behind the handles that a program was given.
#pragma once

#include <algorithm>
#include <memory>
#include <set>

namespace klif_sim {

template <class T>
bool contains(const std::set<std::unique_ptr<T>>& set, const T* item) {
  return std::any_of(set.begin(), set.end(), [item](const auto& it) { return it.get() == item; });
}

template <class T>
void erase(std::set<std::unique_ptr<T>>& set, const T* item) {
  for (auto it = set.begin(); it != set.end(); ++it) {
    if (it->get() == item) {
      set.erase(it);
      return;
    }
  }
}

template <class T>
T* add(std::set<std::unique_ptr<T>>& set) {
  return set.insert(std::make_unique<T>()).first->get();
}

}  // namespace klif_sim
