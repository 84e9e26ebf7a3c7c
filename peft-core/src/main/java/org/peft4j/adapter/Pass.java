package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;

/**
 * One forward pass of a model and the backward pass that belongs to it.
 *
 * @param kernels what to compute with
 * @param training whether dropout applies
 * @param seed the seed of this pass' random masks at this site: forward and backward draw the same
 */
public record Pass(Kernels kernels, boolean training, long seed) {}
