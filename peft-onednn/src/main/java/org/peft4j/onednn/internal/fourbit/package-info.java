/**
 * Products with matrices in 4 bits, and their rows: by the JVM's vector instructions where they are
 * there, else by tables of products, which are plain Java.
 */
@org.jspecify.annotations.NullMarked
package org.peft4j.onednn.internal.fourbit;
