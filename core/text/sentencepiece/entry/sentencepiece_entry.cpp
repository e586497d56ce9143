// What the module libdiapason_sentencepiece.so exports (core/text/sentencepiece_module.h).
#include "core/text/sentencepiece/sentencepiece_format.h"
#include "core/text/sentencepiece_module.h"

extern "C" __attribute__((visibility("default"))) void
diapason_load_sentencepiece(const diapason::TokenizerFiles& files,
                            std::shared_ptr<const diapason::Tokenizer>& tokenizer) {
    tokenizer = diapason::read_sentencepiece_model(files);
}
