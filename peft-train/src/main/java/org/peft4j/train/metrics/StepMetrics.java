package org.peft4j.train.metrics;

/**
 * What one step gave.
 *
 * @param step from 1
 * @param loss mean nats over the step's labelled tokens, before the update
 * @param learningRate of this update
 * @param gradNorm L2 norm of the whole gradient, before it was scaled down
 * @param stepSeconds wall-clock time of the step
 * @param tokensPerSecond tokens that went through the model, padding not counted
 */
public record StepMetrics(
    long step,
    double loss,
    double learningRate,
    double gradNorm,
    double stepSeconds,
    double tokensPerSecond) {}
