package org.klif.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Planned work by batch size, of which the sizes used last are kept. */
final class Plans<T extends AutoCloseable> implements AutoCloseable {
  private final Map<Integer, T> bySize = new LinkedHashMap<>(16, 0.75f, true);
  private final int most;

  Plans(int most) {
    this.most = most;
  }

  T of(int size, IntFunction<T> make) {
    T found = bySize.get(size);
    if (found == null) {
      if (bySize.size() == most) {
        Integer oldest = bySize.keySet().iterator().next();
        end(bySize.remove(oldest));
      }
      found = make.apply(size);
      bySize.put(size, found);
    }
    return found;
  }

  private void end(T plan) {
    try {
      plan.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    List<T> all = new ArrayList<>(bySize.values());
    bySize.clear();
    all.forEach(this::end);
  }
}
