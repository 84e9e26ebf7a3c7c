package org.peft4j.internal.samediff;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.wrapped.Traffic;
import org.peft4j.kernel.Kernels;

/**
 * What all grafts of a wrapped graph share.
 *
 * @param graph the wrapped graph
 * @param dataType the data type of adapters
 * @param terms where the adapters' own terms of the loss are
 */
record Surroundings(
    SameDiff graph,
    SharedState shared,
    Traffic traffic,
    Kernels kernels,
    DataType dataType,
    LossTerms terms) {}
