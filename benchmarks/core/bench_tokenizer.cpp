// Megabytes of text a second and thread, by kind of tokenizer: bench_tokenizer [FOLDER…]
//
// Without arguments: the embedded backbones and the tokenizers of tests/fixtures/tokenize. Each folder is measured once
// for every kind of file in it: on lines as data sets have them, and on one long text, with which those without words -
// Llama 2 - have to deal as one word.

#include "core/base/error.h"
#include "core/text/tokenizer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

using namespace diapason;
namespace fs = std::filesystem;

namespace {

const char* const paragraph[] = {
    "The committee's report, published on 14 March 2021, said that 3,500 of the 12,000 applications hadn't been read.",
    "if (value >= limit[i] && !done) { return std::max(a_b, 0x1F) * 3.14159; } // see https://example.org/a?b=c#d",
    "Die Größe der Stichprobe (n = 48) reichte nicht aus; l'été à Montréal fut très agréable, ¿verdad?",
    "A rose is a rose is a rose - but 'tis not the tulip, we're told; they'll say it's \"only\" a flower.",
    "В тумане сидел ёжик. 東京は日本の首都です。 Ελληνικά: καλημέρα κόσμε! 😀 नमस्ते दुनिया",
};

std::vector<std::string> sample(std::size_t bytes) {
    std::vector<std::string> lines;
    for (std::size_t size = 0, i = 0; size < bytes; size += lines.back().size() + 1, ++i) {
        // Four of five lines are plain English, and none is like the other.
        const std::size_t which = i % 10 < 6 ? (i % 2) * 3 : i % 5;
        lines.push_back(std::string(paragraph[which]) + " No. " + std::to_string(i * 7919));
    }
    return lines;
}

template <typename Work>
double megabytes_a_second(std::size_t bytes, Work&& work) {
    double best = 0;
    for (int round = 0; round < 3; ++round) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        best = std::max(best, static_cast<double>(bytes) / 1e6 / time.count());
    }
    return best;
}

void measure(const fs::path& folder, const std::vector<std::string>& files, const std::vector<std::string>& lines) {
    const auto start = std::chrono::steady_clock::now();
    const auto tokenizer = Tokenizer::load(folder, files);
    const std::chrono::duration<double> loading = std::chrono::steady_clock::now() - start;
    std::string text;
    for (const std::string& line : lines)
        text += line + "\n";
    std::size_t tokens = 0;
    const auto each = [&](const EncodeOptions& options) {
        tokens = 0;
        for (const std::string& line : lines)
            tokens += tokenizer->encode(line, options).ids.size();
    };
    const double by_line = megabytes_a_second(text.size(), [&] { each({}); });
    const double with_offsets = megabytes_a_second(text.size(), [&] { each({.with_offsets = true}); });
    const double whole = megabytes_a_second(text.size(), [&] { tokenizer->encode(text); });
    std::printf("%-18s %-15s %8.0f ms %9.1f %9.1f %9.1f   %zu tokens\n", folder.filename().c_str(), files[0].c_str(),
                loading.count() * 1e3, by_line, with_offsets, whole, tokens);
}

} // namespace

int main(int count, char** arguments) {
    std::vector<fs::path> folders(arguments + 1, arguments + count);
    if (folders.empty()) {
        folders = {"resources/backbones/encoder-mini", "resources/backbones/decoder-mini"};
        for (const auto& entry : fs::directory_iterator("tests/fixtures/tokenize/_tokenizers"))
            folders.push_back(entry.path());
        std::sort(folders.begin() + 2, folders.end());
    }
    const std::vector<std::string> lines = sample(2'000'000);
    std::printf("%-18s %-15s %11s %9s %9s %9s   (MB/s, one thread)\n", "tokenizer", "file", "loading", "lines",
                "offsets", "one text");
    const std::vector<std::vector<std::string>> kinds = {{"tokenizer.json"},
                                                         {"vocab.txt", "tokenizer_config.json"},
                                                         {"vocab.json", "merges.txt", "tokenizer_config.json"},
                                                         {"spiece.model", "tokenizer_config.json"},
                                                         {"tokenizer.model", "tokenizer_config.json"}};
    for (const fs::path& folder : folders) {
        for (const auto& files : kinds) {
            if (!fs::exists(folder / files[0])) continue;
            try {
                measure(folder, files, lines);
            } catch (const Error& error) {
                std::fprintf(stderr, "error: %s\n", error.what());
                return error.exit_code();
            }
        }
    }
    return 0;
}
