/** EVA: LoRA that starts with the principal components of each module's inputs. */
@NullMarked
package org.peft4j.lora.eva;

import org.jspecify.annotations.NullMarked;
