/** Settings of a model beside its parts: labels, special tokens, precision of the weights. */
@NullMarked
package org.peft4j.transformers.config;

import org.jspecify.annotations.NullMarked;
