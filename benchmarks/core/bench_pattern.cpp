// Our regular expressions beside Oniguruma, which the tokenizers package uses: bench_pattern [TEXT-FILE…]
//
// Split patterns of real tokenizers over the embedded texts (or the given files), then hostile ones over a short text.
// Times take turns and the best of five counts; both engines must find the same matches. Without libonig-dev only ours
// is measured.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/pattern.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#ifdef DIAPASON_HAS_ONIGURUMA
#include <oniguruma.h>
#endif

using namespace diapason;

namespace {

double seconds_of(const std::function<void()>& work) { // of computing: the machine may have other things to do
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double start = now();
    work();
    return now() - start;
}

/// The same text in both forms.
struct Line {
    std::u32string characters;
    std::string bytes;
    explicit Line(const std::string& text) : characters(decode_utf8(text)), bytes(encode_utf8(characters)) {}
};

std::vector<Line> lines_of(const std::vector<std::filesystem::path>& files) {
    std::vector<Line> lines;
    for (const auto& file : files) {
        std::ifstream in(file);
        for (std::string line; std::getline(in, line);) {
            if (file.extension() != ".jsonl") {
                lines.emplace_back(line);
                continue;
            }
            const Json row = parse_json(line, file.string());
            for (const auto& [name, value] : row.items())
                if (value.is_string()) lines.emplace_back(value.get<std::string>());
        }
    }
    return lines;
}

#ifdef DIAPASON_HAS_ONIGURUMA
/// The other engine, with its limit for whole searches, which is off by default, set to what ours has.
class Oniguruma {
public:
    explicit Oniguruma(const std::string& expression) {
        onig_set_retry_limit_in_search(10'000'000);
        const auto* begin = reinterpret_cast<const OnigUChar*>(expression.data());
        OnigErrorInfo info;
        const int status = onig_new(&m_regex, begin, begin + expression.size(), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                                    ONIG_SYNTAX_RUBY, &info);
        if (status != ONIG_NORMAL) throw Error(ErrorKind::input, "Oniguruma refuses " + expression);
        m_region = onig_region_new();
    }
    ~Oniguruma() {
        onig_region_free(m_region, 1);
        onig_free(m_regex);
    }
    Oniguruma(const Oniguruma&) = delete;
    Oniguruma& operator=(const Oniguruma&) = delete;

    /// Of bytes. No expression here matches nothing. @throws Error(input) when a limit of retries ends the search
    std::vector<Span> matches(const std::string& text) {
        std::vector<Span> found;
        const auto* begin = reinterpret_cast<const OnigUChar*>(text.data());
        const auto* end = begin + text.size();
        const OnigUChar* at = begin;
        while (at < end) {
            const int where = onig_search(m_regex, begin, end, at, end, m_region, ONIG_OPTION_NONE);
            if (where == ONIG_MISMATCH) break;
            if (where < 0) throw Error(ErrorKind::input, "a limit of retries is reached");
            found.push_back({static_cast<std::uint32_t>(where), static_cast<std::uint32_t>(m_region->end[0])});
            at = begin + m_region->end[0];
        }
        return found;
    }

private:
    regex_t* m_regex = nullptr;
    OnigRegion* m_region = nullptr;
};

/// Whether both found the same texts.
bool same(const Line& line, const std::vector<Span>& ours, const std::vector<Span>& theirs) {
    if (ours.size() != theirs.size()) return false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const auto mine = std::u32string_view(line.characters).substr(ours[i].begin, ours[i].size());
        if (encode_utf8(mine) != line.bytes.substr(theirs[i].begin, theirs[i].size())) return false;
    }
    return true;
}
#endif

struct Named {
    const char* name;
    std::string expression;
};

const std::vector<Named>& real() {
    static const std::vector<Named> list = {
        {"GPT-2, RoBERTa, BART", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
        {"Llama 3",
         R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
        {"Qwen2",
         R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
        {"runs of digits", R"(\p{Nd}{3}|\p{Nd}+)"},
        {"spaces (a normaliser's)", R"( {2,})"},
    };
    return list;
}

std::string alternation() { // three hundred words, none of which occurs
    std::string words = "(?:";
    for (int i = 0; i < 300; ++i)
        words += (i ? "|q" : "q") + std::to_string(i * 7919) + "z";
    return words + ")";
}

const std::vector<Named>& hostile() {
    static const std::vector<Named> list = {
        {"(a+)+b", "(a+)+b"},           {"(a|a)*b", "(a|a)*b"},         {"(a|aa)+$b", "(a|aa)+$b"},
        {"(a*)*b", "(a*)*b"},           {"((a+)+)+b", "((a+)+)+b"},     {"(?:a?){30}a{30}b", "(?:a?){30}a{30}b"},
        {"(?=(a+)+b)a", "(?=(a+)+b)a"}, {"a*a*a*a*a*b", "a*a*a*a*a*b"}, {"(a|a){16}x*b", "(a|a){16}x*b"},
        {"300 words", alternation()},
    };
    return list;
}

void measure_real(const Named& pattern, const std::vector<Line>& lines, double megabytes) {
    const Pattern ours = Pattern::regex(pattern.expression, "bench_pattern", pattern.name);
    std::size_t found = 0;
    const auto run_ours = [&] {
        found = 0;
        for (const Line& line : lines)
            found += ours.matches(line.characters).size();
    };
    double mine = 1e9;
#ifdef DIAPASON_HAS_ONIGURUMA
    Oniguruma other(pattern.expression);
    std::size_t others = 0;
    double theirs = 1e9;
    for (int round = 0; round < 5; ++round) {
        mine = std::min(mine, seconds_of(run_ours));
        theirs = std::min(theirs, seconds_of([&] {
                              others = 0;
                              for (const Line& line : lines)
                                  others += other.matches(line.bytes).size();
                          }));
    }
    std::size_t different = 0;
    for (const Line& line : lines)
        different += !same(line, ours.matches(line.characters), other.matches(line.bytes));
    std::printf("%-26s %8.1f %8.1f %8.2f   %zu matches, %zu of %zu lines differ\n", pattern.name, megabytes / mine,
                megabytes / theirs, theirs / mine, found, different, lines.size());
    if (others != found) std::printf("%-26s %zu matches in Oniguruma\n", "", others);
#else
    for (int round = 0; round < 5; ++round)
        mine = std::min(mine, seconds_of(run_ours));
    std::printf("%-26s %8.1f %8s %8s   %zu matches\n", pattern.name, megabytes / mine, "-", "-", found);
#endif
}

/// Seconds, and how the search ended.
template <typename Engine, typename Text>
std::string outcome(Engine&& engine, const Text& text) {
    std::string end;
    const double seconds = seconds_of([&] {
        try {
            end = std::to_string(engine.matches(text).size()) + " matches";
        } catch (const Error&) {
            end = "stopped";
        }
    });
    char line[64];
    std::snprintf(line, sizeof line, "%8.3f s, %s", seconds, end.c_str());
    return line;
}

} // namespace

int main(int count, char** arguments) {
    try {
        std::vector<std::filesystem::path> files(arguments + 1, arguments + count);
        if (files.empty()) files = {"resources/data/section/train.jsonl", "resources/data/synopsis/train.jsonl"};
        const std::vector<Line> lines = lines_of(files);
        double megabytes = 0;
        for (const Line& line : lines)
            megabytes += static_cast<double>(line.bytes.size()) / 1e6;
        std::printf("%zu lines, %.2f MB in UTF-8; MB/s, one thread, seconds of computing\n%-26s %8s %8s %8s\n",
                    lines.size(), megabytes, "pattern", "ours", "Onigur.", "ratio");
        for (const Named& pattern : real())
            measure_real(pattern, lines, megabytes);
        // Nobody can tell from a missing letter that there is no match.
        const Line text(std::string(3000, 'a') + "!b");
        std::printf("\n3,000 times a, then !b    %28s%24s\n", "ours", "Oniguruma");
        for (const Named& pattern : hostile()) {
            const Pattern ours = Pattern::regex(pattern.expression, "bench_pattern", pattern.name);
            std::printf("%-26s %s", pattern.name, outcome(ours, text.characters).c_str());
#ifdef DIAPASON_HAS_ONIGURUMA
            Oniguruma other(pattern.expression);
            std::printf("   %s", outcome(other, text.bytes).c_str());
#endif
            std::printf("\n");
            std::fflush(stdout);
        }
        return 0;
    } catch (const Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return error.exit_code();
    }
}
