package org.klif.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** Planned work by batch size, of which the sizes used last are kept. */
final class Plans<T> implements AutoCloseable {
  private final Map<Integer, T> bySize = new LinkedHashMap<>(16, 0.75f, true);
  private final int most;
  private final Consumer<T> end;

  Plans(int most, Consumer<T> end) {
    this.most = most;
    this.end = end;
  }

  T of(int size, IntFunction<T> make) {
    T found = bySize.get(size);
    if (found == null) {
      if (bySize.size() == most) {
        Integer oldest = bySize.keySet().iterator().next();
        end.accept(bySize.remove(oldest));
      }
      found = make.apply(size);
      bySize.put(size, found);
    }
    return found;
  }

  @Override
  public void close() {
    List<T> all = new ArrayList<>(bySize.values());
    bySize.clear();
    all.forEach(end);
  }
}
