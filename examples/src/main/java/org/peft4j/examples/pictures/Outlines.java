package org.peft4j.examples.pictures;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;

/**
 * The mean outline of each form, and a judge of pictures by them: a picture shows the form whose
 * outline correlates most with how far its pixels are from the colour of its corners, if the
 * correlation is {@value #LEAST} at least. {@code reference/drawn_forms.py} judges so, too.
 */
final class Outlines {
  static final double LEAST = 0.85;

  /** From which coverage on, of 255, a pixel is inside of a form: 0.95. */
  private static final int INSIDE = 243;

  private static final int SIZE = SmallUNet.SIZE;
  private static final int CHANNELS = 3;

  /** The outlines side by side, in grey. */
  private final Picture sheet;

  private Outlines(Picture sheet) {
    this.sheet = sheet;
  }

  static Outlines read(Path file) {
    return new Outlines(new PictureReader().read(file).grey());
  }

  /** Whether a picture shows that form. */
  boolean shows(Picture picture, String form) {
    double[] alike = alike(picture);
    double own = alike[SmallUNet.FORMS.indexOf(form)];
    return own >= LEAST && own == Arrays.stream(alike).max().orElseThrow();
  }

  /** The correlation of a picture with each form's outline. */
  private double[] alike(Picture picture) {
    double[] ground = ground(picture);
    double[] far = new double[SIZE * SIZE];
    for (int i = 0; i < far.length; i++) {
      double sum = 0;
      for (int channel = 0; channel < CHANNELS; channel++) {
        double difference = picture.value(i % SIZE, i / SIZE, channel) - ground[channel];
        sum += difference * difference;
      }
      far[i] = Math.sqrt(sum);
    }
    double[] alike = new double[SmallUNet.FORMS.size()];
    for (int form = 0; form < alike.length; form++) {
      double[] outline = new double[far.length];
      for (int i = 0; i < far.length; i++) {
        outline[i] = coverage(form, i);
      }
      alike[form] = correlation(far, outline);
    }
    return alike;
  }

  private int coverage(int form, int pixel) {
    return sheet.value(form * SIZE + pixel % SIZE, pixel / SIZE, 0);
  }

  /** Pearson's; 0 where all values of a side are the same. */
  private static double correlation(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
      xy += (x[i] - meanX) * (y[i] - meanY);
    }
    return xx * yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
  }

  /** What some drawings show. */
  Verdict judge(List<Drawing> drawings) {
    int recognised = 0;
    double[] ground = new double[CHANNELS];
    double[] ink = new double[CHANNELS];
    for (Drawing each : drawings) {
      recognised += shows(each.picture(), each.form()) ? 1 : 0;
      add(ground, ground(each.picture()), drawings.size());
      add(ink, ink(each), drawings.size());
    }
    return new Verdict(recognised, drawings.size(), rounded(ground), rounded(ink));
  }

  private static void add(double[] mean, double[] value, int count) {
    for (int channel = 0; channel < CHANNELS; channel++) {
      mean[channel] += value[channel] / count;
    }
  }

  private static List<Long> rounded(double[] color) {
    return Arrays.stream(color).mapToObj(Math::round).toList();
  }

  /** The mean colour of the corners. */
  private static double[] ground(Picture picture) {
    int end = SIZE - 1;
    return mean(picture, 0, end, end * SIZE, SIZE * SIZE - 1);
  }

  /** The mean colour where nearly all pictures of the form are covered. */
  private double[] ink(Drawing drawing) {
    int form = SmallUNet.FORMS.indexOf(drawing.form());
    int[] inside = new int[SIZE * SIZE];
    int count = 0;
    for (int i = 0; i < inside.length; i++) {
      if (coverage(form, i) >= INSIDE) {
        inside[count++] = i;
      }
    }
    return mean(drawing.picture(), Arrays.copyOf(inside, count));
  }

  private static double[] mean(Picture picture, int... pixels) {
    double[] mean = new double[CHANNELS];
    for (int pixel : pixels) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        mean[channel] +=
            picture.value(pixel % SIZE, pixel / SIZE, channel) / (double) pixels.length;
      }
    }
    return mean;
  }

  /**
   * What drawings show, as {@code reference/drawn_forms.py} prints it.
   *
   * @param recognised how many show their form
   * @param drawings of how many
   * @param ground the mean red, green and blue of their corners
   * @param ink the same of what is inside of their forms
   */
  record Verdict(int recognised, int drawings, List<Long> ground, List<Long> ink) {
    @Override
    public String toString() {
      return "%d of %d recognised, ground %s, form %s".formatted(recognised, drawings, ground, ink);
    }
  }
}
