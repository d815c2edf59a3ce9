package org.klif.reproduce;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.klif.report.Numbers;

/**
 * Published figures of the data sets of a table that stand beside none of its rows, because the
 * network or the number of epochs is another one. One sentence for those of one source and recipe.
 */
final class PublishedElsewhere {
  private record Recipe(
      String data,
      String network,
      int steps,
      Protocol protocol,
      @Nullable Integer epochs,
      boolean last,
      String source) {
    static Recipe of(PublishedFigure figure) {
      return new Recipe(
          figure.data(),
          figure.network() == null ? "the PLIF paper's network" : figure.network(),
          figure.steps(),
          figure.protocol(),
          figure.epochs(),
          figure.last(),
          figure.source());
    }

    String text(String figures) {
      String trained =
          epochs == null
              ? ""
              : String.format(Locale.ROOT, ", %s of %,d epochs", last ? "last" : "best", epochs);
      return "%s, %s, T %d%s%s: %s (%s)."
          .formatted(
              data, network, steps, trained, protocol == Protocol.B ? ", B" : "", figures, source);
    }
  }

  /** One entry a paragraph; nothing where the table is of none of these data sets. */
  static List<String> of(List<TableLine> lines, List<PublishedFigure> figures) {
    Set<String> sets =
        lines.stream()
            .filter(line -> line.key().row().comparable())
            .map(line -> line.key().row().data())
            .collect(Collectors.toSet());
    Map<Recipe, String> texts = new LinkedHashMap<>();
    for (PublishedFigure figure : figures) {
      // a set that no row has is told with CIFAR-10's, whose images it has
      if (sets.contains(figure.data()) || (figure.network() != null && !sets.isEmpty())) {
        String one = Column.neuron(figure.neuron()) + " " + Numbers.fixed(figure.percent(), 2);
        texts.merge(Recipe.of(figure), one, (a, b) -> a + ", " + b);
      }
    }
    return texts.entrySet().stream().map(e -> e.getKey().text(e.getValue())).toList();
  }

  private PublishedElsewhere() {}
}
