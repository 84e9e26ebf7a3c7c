package org.peft4j.train.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * One chart with the curves of some runs.
 *
 * @param title above it
 * @param curves by the number of the run, one at least
 */
record Plot(String title, Map<Integer, Curve> curves) {
  private static final Pattern FRACTION = Pattern.compile("(\\.\\d\\d)\\d+");
  private static final int WIDTH = 620;
  private static final int HEIGHT = 300;
  private static final int FEW_POINTS = 20;
  private static final int MARKER = 5;
  private static final int SPACING = 90;

  /** Colours that people tell apart, whatever they see (Okabe and Ito). */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x000000));

  /** The colour of a run in all charts. */
  static Color color(int run) {
    return COLORS.get(run % COLORS.size());
  }

  /** Whether a run has dashed lines, as another has its colour. */
  static boolean isDashed(int run) {
    return run >= COLORS.size();
  }

  /** The chart as an SVG image in a URL of its own. */
  String url() {
    return "data:image/svg+xml;base64," + Base64.getEncoder().encodeToString(svg());
  }

  /** The chart as SVG. Fails with an error of Java's if there is no XChart, or no font. */
  byte[] svg() {
    if (System.getProperty("java.awt.headless") == null) {
      System.setProperty("java.awt.headless", "true");
    }
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      VectorGraphicsEncoder.saveVectorGraphic(chart(), out, VectorGraphicsFormat.SVG);
      // Hundredths of a pixel are fine enough, and half of the size.
      return FRACTION
          .matcher(out.toString(StandardCharsets.UTF_8))
          .replaceAll("$1")
          .getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private XYChart chart() {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("step").build();
    style(chart.getStyler());
    chart.setCustomXAxisTickLabelsFormatter(Figures::text);
    chart.setCustomYAxisTickLabelsFormatter(Figures::text);
    curves.forEach(
        (number, each) -> {
          Curve curve = each.thinned();
          XYSeries series = chart.addSeries("run " + number, curve.steps(), curve.values());
          Color color = color(number);
          boolean few = curve.steps().size() <= FEW_POINTS;
          series.setMarker(few ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
          series.setMarkerColor(color);
          series.setLineColor(color);
          series.setLineStyle(line(isDashed(number)));
        });
    roundSteps(chart);
    return chart;
  }

  /**
   * Makes the chart begin at step 0 with marks at round numbers: XChart marks every n-th value if
   * all values of an axis are equally far apart, and two invisible ones are not.
   */
  private void roundSteps(XYChart chart) {
    double inside = curves.values().iterator().next().thinned().last();
    XYSeries none = chart.addSeries("none", List.of(0.0, 0.5), List.of(inside, inside));
    none.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    none.setMarker(SeriesMarkers.NONE);
  }

  private void style(XYStyler style) {
    style.setLegendVisible(false);
    style.setChartBackgroundColor(Color.WHITE);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    style.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    style.setPlotGridLinesColor(new Color(0xE5E5E5));
    style.setPlotBorderVisible(false);
    style.setMarkerSize(MARKER);
    style.setXAxisTickMarkSpacingHint(SPACING);
  }

  private static BasicStroke line(boolean dashed) {
    return new BasicStroke(
        1.5f,
        BasicStroke.CAP_ROUND,
        BasicStroke.JOIN_ROUND,
        1,
        dashed ? new float[] {4, 4} : null,
        0);
  }
}
