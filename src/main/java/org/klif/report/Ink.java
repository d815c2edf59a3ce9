package org.klif.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.Locale;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;

/**
 * The colours of what is not data in a chart.
 *
 * @param background behind everything
 * @param text axis titles and labels
 * @param grid lines behind the data
 * @param alone the chart stands without a page around it: it has its own title and legend
 */
record Ink(Color background, Color text, Color grid, boolean alone) {
  /** Inside a page, whose style sheet gives the colours. */
  static final Ink PAGE = new Ink(Svg.NOTHING, Svg.TEXT, Svg.GRID, false);

  /** A picture of its own, on white. */
  static final Ink PICTURE = new Ink(Color.WHITE, new Color(0x1D2430), new Color(0xE4E7EC), true);

  /** Sets all that charts have in common. */
  void style(XYStyler styler) {
    styler.setLegendVisible(alone);
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setLegendLayout(LegendLayout.Vertical);
    styler.setLegendBorderColor(background);
    styler.setLegendBackgroundColor(background);
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setChartTitleVisible(alone);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    styler.setPlotBorderVisible(false);
    styler.setChartBackgroundColor(background);
    styler.setPlotBackgroundColor(background);
    styler.setChartFontColor(text);
    styler.setXAxisTitleColor(text);
    styler.setXAxisTickLabelsColor(text);
    styler.setYAxisTickLabelsColor(text);
    styler.setPlotGridLinesColor(grid);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setAxisTicksMarksVisible(false);
    styler.setAxisTicksLineVisible(false);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    styler.setChartPadding(alone ? 14 : 4);
    styler.setPlotContentSize(1);
    styler.setMarkerSize(7);
    styler.setYAxisTickMarkSpacingHint(44);
    styler.setLocale(Locale.ROOT);
  }
}
