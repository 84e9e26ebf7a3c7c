/**
 * Few rows times a matrix, with the JVM's vector instructions ({@code jdk.incubator.vector}). Where
 * that module is missing, only {@link org.peft4j.onednn.internal.vector.VectorUnit} may be touched.
 */
@org.jspecify.annotations.NullMarked
package org.peft4j.onednn.internal.vector;
