package org.peft4j.diffusion.schedule;

/** The steps of training that samplers visit, from the noisiest down. */
final class Timesteps {
  private Timesteps() {}

  /** From {@code last} down, evenly by a fraction, rounded. */
  static double[] trailing(int trainSteps, int last, int count) {
    double ratio = (double) trainSteps / count;
    int length = (int) Math.ceil(last / ratio);
    double[] steps = new double[length];
    for (int i = 0; i < length; i++) {
      steps[i] = Math.rint(last - i * ratio) - 1;
    }
    return steps;
  }

  /** Multiples of {@code ratio} and an offset, from the {@code from}th down to the {@code to}th. */
  static double[] leading(int ratio, int offset, int from, int to) {
    double[] steps = new double[from - to + 1];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (double) (from - i) * ratio + offset;
    }
    return steps;
  }

  /** {@code points} numbers evenly from {@code last} to 0, of which the first {@code count}. */
  static double[] evenly(int last, int points, int count) {
    double[] steps = new double[count];
    double ratio = points > 1 ? (double) last / (points - 1) : 0;
    for (int i = 0; i < count; i++) {
      int index = points - 1 - i;
      steps[i] = index == points - 1 && points > 1 ? last : index * ratio;
    }
    return steps;
  }

  static double[] rounded(double[] steps) {
    double[] rounded = new double[steps.length];
    for (int i = 0; i < steps.length; i++) {
      rounded[i] = Math.rint(steps[i]);
    }
    return rounded;
  }
}
