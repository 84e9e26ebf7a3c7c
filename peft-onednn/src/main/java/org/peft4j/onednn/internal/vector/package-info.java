/**
 * Few rows times a matrix, with the JVM's vector instructions ({@code jdk.incubator.vector}). Only
 * {@link org.peft4j.onednn.internal.vector.VectorUnit} may be touched where that module is missing.
 */
@org.jspecify.annotations.NullMarked
package org.peft4j.onednn.internal.vector;
