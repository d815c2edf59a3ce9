package org.klif.sweep;

import java.util.List;
import java.util.Map;

/**
 * One thing that a sweep varies; a sweep has a run for each combination of points of its axes.
 *
 * @param points its values, in order
 */
record Axis(List<Point> points) {
  Axis {
    points = List.copyOf(points);
  }

  /**
   * One value of an axis.
   *
   * @param shown name and text of what is varied, for the run's name and the tables
   * @param settings what it sets
   */
  record Point(Map<String, String> shown, List<Setting> settings) {
    Point {
      settings = List.copyOf(settings);
    }
  }
}
