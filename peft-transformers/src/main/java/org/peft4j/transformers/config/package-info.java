/** What users see of a model beside its parts: labels, special tokens, how weights are held. */
@NullMarked
package org.peft4j.transformers.config;

import org.jspecify.annotations.NullMarked;
