/** A loaded model: its architecture, its frozen weights, and the modules made of both. */
@NullMarked
package org.peft4j.transformers.internal.model;

import org.jspecify.annotations.NullMarked;
