package org.peft4j.diffusion.schedule;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes noise away in steps. It is made for one picture or batch and goes through its steps in
 * order:
 *
 * <pre>{@code
 * Sampler sampler = SamplerKind.DDIM.sampler(schedule, 30);
 * INDArray sample = noise.mul(sampler.initialSigma());
 * for (int i = 0; i < sampler.count(); i++) {
 *   INDArray output = unet(sampler.scaled(sample, i), sampler.timestep(i), states);
 *   sample = sampler.step(output, i, sample);
 * }
 * }</pre>
 */
public interface Sampler {
  /** The number of steps. */
  int count();

  /** The step of training that the model is told in step {@code i}; Euler's may be a fraction. */
  double timestep(int i);

  /** The standard deviation of the noise that sampling begins with. */
  double initialSigma();

  /** The model's input of step {@code i}. */
  INDArray scaled(INDArray sample, int i);

  /**
   * One step.
   *
   * @param output the model's prediction
   * @param i the step, each one after the one before
   * @param sample what the last step returned
   * @return a new array, with less noise
   */
  INDArray step(INDArray output, int i, INDArray sample);
}
