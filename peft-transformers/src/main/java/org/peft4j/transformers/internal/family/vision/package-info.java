/** Families of models that read pictures. */
@NullMarked
package org.peft4j.transformers.internal.family.vision;

import org.jspecify.annotations.NullMarked;
