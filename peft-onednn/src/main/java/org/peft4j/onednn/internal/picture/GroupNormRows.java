package org.peft4j.onednn.internal.picture;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.RowTasks;

/**
 * Normalisation of groups of channels and its gradients, in two passes over the pixels each: sums
 * of each channel, then a linear function of each channel.
 */
public final class GroupNormRows {
  private final INDArray x;
  private final int batch;
  private final int pixels;
  private final int channels;
  private final int groups;

  private GroupNormRows(INDArray x, INDArray mean) {
    this.x = x;
    this.batch = (int) mean.size(0);
    this.pixels = (int) (x.size(0) / batch);
    this.channels = (int) x.size(1);
    this.groups = (int) mean.size(1);
  }

  /** {@code y = w·(x − μ)·r + b}. */
  public static void forward(
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    new GroupNormRows(x, mean).forward(weight, bias, epsilon, y, mean, inverse);
  }

  private void forward(
      INDArray weight, INDArray bias, double epsilon, INDArray y, INDArray mean, INDArray inverse) {
    float[] w = values(weight);
    float[] b = values(bias);
    for (int picture = 0; picture < batch; picture++) {
      double[][] sums = sums(picture, x, x);
      float[] factor = new float[channels];
      float[] shift = new float[channels];
      int each = channels / groups;
      for (int g = 0; g < groups; g++) {
        double sum = 0;
        double squares = 0;
        for (int c = g * each; c < (g + 1) * each; c++) {
          sum += sums[0][c];
          squares += sums[1][c];
        }
        double count = (double) each * pixels;
        double mu = sum / count;
        double r = 1 / Math.sqrt(Math.max(0, squares / count - mu * mu) + epsilon);
        mean.putScalar(picture, g, mu);
        inverse.putScalar(picture, g, r);
        for (int c = g * each; c < (g + 1) * each; c++) {
          factor[c] = (float) (w[c] * r);
          shift[c] = (float) (b[c] - w[c] * r * mu);
        }
      }
      linear(picture, x, factor, null, new float[channels], shift, y);
    }
  }

  /** The gradients; see {@link org.peft4j.kernel.Kernels#groupNormGradient}. */
  public static void gradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    new GroupNormRows(x, mean)
        .gradient(weight, mean, inverse, dy, dx, weightGradient, biasGradient);
  }

  private void gradient(
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    float[] w = values(weight);
    float[] dw = new float[channels];
    float[] db = new float[channels];
    int each = channels / groups;
    double count = (double) each * pixels;
    for (int picture = 0; picture < batch; picture++) {
      double[][] sums = sums(picture, dy, x);
      float[] ofGradient = new float[channels];
      float[] ofInput = new float[channels];
      float[] constant = new float[channels];
      for (int g = 0; g < groups; g++) {
        double mu = mean.getDouble(picture, g);
        double r = inverse.getDouble(picture, g);
        double sum = 0;
        double along = 0;
        for (int c = g * each; c < (g + 1) * each; c++) {
          double normal = r * (sums[1][c] - mu * sums[0][c]);
          db[c] += (float) sums[0][c];
          dw[c] += (float) normal;
          sum += w[c] * sums[0][c] / count;
          along += w[c] * normal / count;
        }
        for (int c = g * each; c < (g + 1) * each; c++) {
          ofGradient[c] = (float) (r * w[c]);
          ofInput[c] = (float) (-r * r * along);
          constant[c] = (float) (-r * sum + r * r * along * mu);
        }
      }
      if (dx != null) {
        linear(picture, dy, ofGradient, x, ofInput, constant, dx);
      }
    }
    put(dw, weightGradient);
    put(db, biasGradient);
  }

  private static void put(float[] values, @Nullable INDArray target) {
    if (target != null) {
      RowTasks.floats(target).put(0, values);
    }
  }

  /** For each channel of a picture {@code Σ a} and {@code Σ a·b}. */
  private double[][] sums(int picture, INDArray a, INDArray b) {
    FloatBuffer first = RowTasks.floats(a);
    FloatBuffer second = RowTasks.floats(b);
    boolean same = a == b;
    double[][] sums = new double[2][channels];
    int begin = picture * pixels;
    RowTasks.run(
        pixels,
        channels,
        (from, to) -> {
          float[] left = new float[channels];
          float[] right = same ? left : new float[channels];
          double[] plain = new double[channels];
          double[] products = new double[channels];
          for (int i = begin + from; i < begin + to; i++) {
            first.get(i * channels, left);
            if (!same) {
              second.get(i * channels, right);
            }
            for (int c = 0; c < channels; c++) {
              plain[c] += left[c];
              products[c] += (double) left[c] * right[c];
            }
          }
          synchronized (sums) {
            for (int c = 0; c < channels; c++) {
              sums[0][c] += plain[c];
              sums[1][c] += products[c];
            }
          }
        });
    return sums;
  }

  /** {@code y = a·f + b·g + h} for each channel of a picture; without b, {@code a·f + h}. */
  private void linear(
      int picture, INDArray a, float[] f, @Nullable INDArray b, float[] g, float[] h, INDArray y) {
    FloatBuffer first = RowTasks.floats(a);
    FloatBuffer second = b == null ? null : RowTasks.floats(b);
    FloatBuffer out = RowTasks.floats(y);
    int begin = picture * pixels;
    RowTasks.run(
        pixels,
        channels,
        (from, to) -> {
          float[] left = new float[channels];
          float[] right = new float[channels];
          for (int i = begin + from; i < begin + to; i++) {
            first.get(i * channels, left);
            if (second != null) {
              second.get(i * channels, right);
            }
            for (int c = 0; c < channels; c++) {
              left[c] = left[c] * f[c] + right[c] * g[c] + h[c];
            }
            out.put(i * channels, left);
          }
        });
  }

  private static float[] values(INDArray vector) {
    float[] values = new float[(int) vector.length()];
    RowTasks.floats(vector).get(0, values);
    return values;
  }
}
