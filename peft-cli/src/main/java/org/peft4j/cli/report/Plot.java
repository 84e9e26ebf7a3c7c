package org.peft4j.cli.report;

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
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.peft4j.error.PeftException;

/**
 * One chart with the curves of some runs.
 *
 * @param title above it
 * @param curves by the name of each
 */
record Plot(String title, Map<String, Curve> curves) {
  private static final Pattern FRACTION = Pattern.compile("(\\.\\d\\d)\\d+");
  private static final int WIDTH = 620;
  private static final int HEIGHT = 300;

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

  /** The chart as an SVG image in a URL of its own. */
  String url() {
    return "data:image/svg+xml;base64," + Base64.getEncoder().encodeToString(svg());
  }

  /**
   * The chart as SVG.
   *
   * @throws PeftException if this machine's Java has no fonts
   */
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
    } catch (LinkageError | InternalError e) {
      throw new PeftException(
          "Plots need fonts, which this machine's Java does not find: "
              + e.getMessage()
              + ". Install fontconfig and a font, such as DejaVu.",
          e);
    }
  }

  private XYChart chart() {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("step").build();
    XYStyler style = chart.getStyler();
    style.setLegendPosition(LegendPosition.OutsideS);
    style.setLegendVisible(curves.size() > 1);
    style.setChartBackgroundColor(Color.WHITE);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    style.setLegendBorderColor(Color.WHITE);
    style.setPlotGridLinesColor(new Color(0xE5E5E5));
    style.setPlotBorderVisible(false);
    style.setXAxisDecimalPattern("#,###");
    int number = 0;
    for (Map.Entry<String, Curve> each : curves.entrySet()) {
      Curve curve = each.getValue().thinned();
      XYSeries series = chart.addSeries(each.getKey(), curve.steps(), curve.values());
      series.setMarker(curve.steps().size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
      series.setLineColor(COLORS.get(number % COLORS.size()));
      series.setMarkerColor(COLORS.get(number % COLORS.size()));
      boolean again = number >= COLORS.size();
      series.setLineStyle(
          new BasicStroke(
              1.5f,
              BasicStroke.CAP_ROUND,
              BasicStroke.JOIN_ROUND,
              1,
              again ? new float[] {4, 4} : null,
              0));
      number++;
    }
    return chart;
  }
}
