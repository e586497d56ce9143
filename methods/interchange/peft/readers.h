// What reads and writes the kinds of PEFT's adapters that are no single method's own.
#pragma once

#include "methods/interchange/peft/folder/sink.h"
#include "methods/interchange/peft/folder/source.h"

namespace diapason::peft {

void read_lora(Source& source);
void read_ia3(Source& source);
void read_prompt(Source& source);
void read_prefix(Source& source);
void read_tokens(Source& source);

/// Each writes one kind when the model has it, and says so. @throws Error(config) when the layout cannot hold it
bool write_lora(Sink& sink);
bool write_ia3(Sink& sink);
bool write_prompt(Sink& sink);
bool write_prefix(Sink& sink);

} // namespace diapason::peft
