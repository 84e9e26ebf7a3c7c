package org.peft4j.internal.original;

import org.deeplearning4j.nn.graph.vertex.GraphVertex;

/**
 * A graph vertex over the base model's frozen arrays with grafts, and the work around its passes.
 */
public record TwinVertex(GraphVertex vertex, PassHooks hooks) {}
