package org.peft4j.diffusion.schedule;

import java.util.List;

/**
 * The variances β and the products ᾱ_t = Π (1 − β_s), s ≤ t. Every operation is in single precision
 * as PyTorch's, because near the last step differences of almost equal numbers matter.
 */
final class Betas {
  private Betas() {}

  static float[] of(ScheduleConfig config) {
    float[] betas = curve(config);
    return config.zeroTerminalSnr() ? rescaled(betas) : betas;
  }

  private static float[] curve(ScheduleConfig config) {
    if (!config.trainedBetas().isEmpty()) {
      return floats(config.trainedBetas());
    }
    int steps = config.trainSteps();
    return switch (config.curve()) {
      case LINEAR -> evenly(config.betaStart(), config.betaEnd(), steps);
      case SCALED_LINEAR -> {
        float[] roots = evenly(Math.sqrt(config.betaStart()), Math.sqrt(config.betaEnd()), steps);
        for (int i = 0; i < steps; i++) {
          roots[i] *= roots[i];
        }
        yield roots;
      }
      case SQUAREDCOS_CAP_V2 -> {
        float[] betas = new float[steps];
        for (int i = 0; i < steps; i++) {
          double ratio = cosine((i + 1.0) / steps) / cosine((double) i / steps);
          betas[i] = (float) Math.min(1 - ratio, 0.999);
        }
        yield betas;
      }
    };
  }

  private static double cosine(double t) {
    double cos = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
    return cos * cos;
  }

  private static float[] floats(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }

  /** {@code torch.linspace}: from both ends towards the middle. */
  private static float[] evenly(double from, double to, int count) {
    float begin = (float) from;
    float end = (float) to;
    float step = count > 1 ? (end - begin) / (count - 1) : 0;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i < count / 2 ? begin + step * i : end - step * (count - i - 1);
    }
    if (count == 1) {
      values[0] = begin;
    }
    return values;
  }

  /** ᾱ, with products in double precision and each rounded. */
  static float[] products(float[] betas) {
    float[] products = new float[betas.length];
    double product = 1;
    for (int i = 0; i < betas.length; i++) {
      product *= 1f - betas[i];
      products[i] = (float) product;
    }
    return products;
  }

  /**
   * √ᾱ shifted and stretched so that the last is 0 and the first as it was (Lin et al., 2305.08891,
   * algorithm 1).
   */
  private static float[] rescaled(float[] betas) {
    float[] roots = products(betas);
    for (int i = 0; i < roots.length; i++) {
      roots[i] = (float) Math.sqrt(roots[i]);
    }
    float first = roots[0];
    float last = roots[roots.length - 1];
    float stretch = first / (first - last);
    float[] bars = new float[roots.length];
    for (int i = 0; i < roots.length; i++) {
      float root = (roots[i] - last) * stretch;
      bars[i] = root * root;
    }
    float[] changed = new float[roots.length];
    for (int i = 0; i < roots.length; i++) {
      changed[i] = 1f - (i == 0 ? bars[0] : bars[i] / bars[i - 1]);
    }
    return changed;
  }
}
