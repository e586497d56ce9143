#include "core/text/sentencepiece_module.h"

#include "core/base/library_symbol.h"

#include <dlfcn.h>

namespace diapason {
namespace {

constexpr const char* file_names[] = {"spiece.model", "tokenizer.model", "sentencepiece.model", "spm.model"};

// The library and the tensor library both export FLAGS_minloglevel, as objects of different sizes; in one scope the
// constructor of one writes over the neighbours of the other. Loaded locally, each has a scope of its own. A program
// that links the tensor library itself (tests do) has its symbols in the scope of everybody: there the module has to
// look into itself first.
int load_flags() {
    const bool taken = ::dlsym(RTLD_DEFAULT, "FLAGS_minloglevel") != nullptr;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int inward = 0; // the sanitizers cannot do it
#else
    constexpr int inward = RTLD_DEEPBIND;
#endif
    return RTLD_NOW | RTLD_LOCAL | (taken ? inward : 0);
}

SentencePieceEntry& entry() {
    static auto* const found = reinterpret_cast<SentencePieceEntry*>(
        library_symbol("libdiapason_sentencepiece.so", sentencepiece_entry_name, load_flags()));
    return *found;
}

} // namespace

std::string sentencepiece_model(const TokenizerFiles& files) {
    for (const char* name : file_names) {
        if (files.has(name)) return name;
    }
    return {};
}

bool has_sentencepiece_model(const TokenizerFiles& files) {
    return !sentencepiece_model(files).empty();
}

std::shared_ptr<const Tokenizer> load_sentencepiece_model(const TokenizerFiles& files) {
    std::shared_ptr<const Tokenizer> tokenizer;
    entry()(files, tokenizer);
    return tokenizer;
}

} // namespace diapason
