package org.peft4j.diffusion.schedule;

/**
 * Fields that DPM-Solver++ alone has.
 *
 * @param order 1 or 2
 * @param heun Heun's rule in place of the midpoint's
 * @param lowerOrderFinal order 1 in the last step of fewer than 15
 * @param eulerAtFinal order 1 in the last step always
 * @param lambdaMinClipped steps whose λ = log(√ᾱ / √(1 − ᾱ)) is lower are left out
 */
public record SolverSettings(
    int order,
    boolean heun,
    boolean lowerOrderFinal,
    boolean eulerAtFinal,
    double lambdaMinClipped) {}
