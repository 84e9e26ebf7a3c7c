package org.peft4j.internal.original;

import org.deeplearning4j.nn.graph.vertex.GraphVertex;

/** A graph vertex over frozen arrays, and what has to happen around its passes. */
public record TwinVertex(GraphVertex vertex, PassHooks hooks) {}
