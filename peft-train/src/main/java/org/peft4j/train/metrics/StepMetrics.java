package org.peft4j.train.metrics;

/**
 * The metrics of one step.
 *
 * @param step from 1
 * @param loss the mean over the step's predictions, before the update
 * @param learningRate of this update
 * @param gradNorm L2 norm of the whole gradient, before it was scaled down
 * @param stepSeconds its wall-clock time
 * @param tokensPerSecond tokens that went through the model, padding not counted
 */
public record StepMetrics(
    long step,
    double loss,
    double learningRate,
    double gradNorm,
    double stepSeconds,
    double tokensPerSecond) {}
