#include "core/data/metrics/porter_stemmer.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

namespace diapason {
namespace {

using Word = std::u32string_view;

// Irregular words, each with its stem.
struct Irregular {
    Word word, stem;
};
constexpr Irregular irregular[] = {
    {U"sky", U"sky"},        {U"skies", U"sky"},       {U"dying", U"die"},        {U"lying", U"lie"},
    {U"tying", U"tie"},      {U"news", U"news"},       {U"innings", U"inning"},   {U"inning", U"inning"},
    {U"outings", U"outing"}, {U"outing", U"outing"},   {U"cannings", U"canning"}, {U"canning", U"canning"},
    {U"howe", U"howe"},      {U"proceed", U"proceed"}, {U"exceed", U"exceed"},    {U"succeed", U"succeed"},
};

// For each letter whether it is a consonant; y is one at the beginning and behind a vowel.
std::vector<bool> consonants(Word word) {
    std::vector<bool> is(word.size());
    for (std::size_t i = 0; i < word.size(); ++i) {
        const bool vowel = Word(U"aeiou").find(word[i]) != Word::npos;
        is[i] = word[i] == U'y' ? i == 0 || !is[i - 1] : !vowel;
    }
    return is;
}

// How often a consonant follows a vowel: m of the form C(VC)^m V.
std::size_t measure(Word stem) {
    const std::vector<bool> is = consonants(stem);
    std::size_t changes = 0;
    for (std::size_t i = 1; i < is.size(); ++i)
        changes += is[i] && !is[i - 1] ? 1 : 0;
    return changes;
}

bool has_vowel(Word stem) {
    const std::vector<bool> is = consonants(stem);
    return std::find(is.begin(), is.end(), false) != is.end();
}

bool ends_in_double_consonant(Word word) {
    return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

// Consonant, vowel, consonant that is none of w, x, y; or a word of a vowel and a consonant.
bool ends_in_short_syllable(Word word) {
    const std::vector<bool> is = consonants(word);
    const std::size_t n = word.size();
    if (n == 2) return !is[0] && is[1];
    return n >= 3 && is[n - 3] && !is[n - 2] && is[n - 1] && Word(U"wxy").find(word.back()) == Word::npos;
}

// Conditions on what is left without the ending.
bool always(Word /*stem*/) {
    return true;
}
bool positive(Word stem) {
    return measure(stem) > 0;
}
bool above_one(Word stem) {
    return measure(stem) > 1;
}
bool above_one_after_s_or_t(Word stem) {
    return above_one(stem) && (stem.back() == U's' || stem.back() == U't');
}
bool behind_consonant(Word stem) {
    return stem.size() > 1 && consonants(stem).back();
}
// The l of "logi" counts with the stem, such that "geo" and "theo" are long enough.
bool positive_with_l(Word stem) {
    return positive(std::u32string(stem) + U"l");
}

struct Rule {
    Word ending, instead;
    bool (*condition)(Word stem) = positive;
};

// The first rule whose ending the word has decides, whether its condition holds or not.
std::u32string by_rules(Word word, std::span<const Rule> rules) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return word.ends_with(r.ending); });
    if (rule == rules.end()) return std::u32string(word);
    const Word stem = word.substr(0, word.size() - rule->ending.size());
    return rule->condition(stem) ? std::u32string(stem).append(rule->instead) : std::u32string(word);
}

// Plurals.
std::u32string step_1a(Word word) {
    static constexpr Rule rules[] = {
        {U"sses", U"ss", always}, {U"ies", U"i", always}, {U"ss", U"ss", always}, {U"s", U"", always}};
    if (word.size() == 4 && word.ends_with(U"ies")) return std::u32string(word.substr(0, 3));
    return by_rules(word, rules);
}

// Past and present participles.
std::u32string step_1b(Word word) {
    if (word.ends_with(U"ied")) return std::u32string(word.substr(0, word.size() - (word.size() == 4 ? 1 : 2)));
    if (word.ends_with(U"eed"))
        return std::u32string(word.substr(0, word.size() - (positive(word.substr(0, word.size() - 3)) ? 1 : 0)));
    for (const Word ending : {Word(U"ed"), Word(U"ing")}) {
        if (!word.ends_with(ending)) continue;
        const Word stem = word.substr(0, word.size() - ending.size());
        if (!has_vowel(stem)) continue;
        for (const Word short_of_e : {Word(U"at"), Word(U"bl"), Word(U"iz")}) {
            if (stem.ends_with(short_of_e)) return std::u32string(stem) + U"e";
        }
        if (ends_in_double_consonant(stem)) {
            const bool stays = Word(U"lsz").find(stem.back()) != Word::npos;
            return std::u32string(stem.substr(0, stem.size() - (stays ? 0 : 1)));
        }
        return measure(stem) == 1 && ends_in_short_syllable(stem) ? std::u32string(stem) + U"e" : std::u32string(stem);
    }
    return std::u32string(word);
}

std::u32string step_1c(Word word) {
    static constexpr Rule rules[] = {{U"y", U"i", behind_consonant}};
    return by_rules(word, rules);
}

// Double suffixes.
std::u32string step_2(Word word) {
    static constexpr Rule rules[] = {{U"ational", U"ate"}, {U"tional", U"tion"},
                                     {U"enci", U"ence"},   {U"anci", U"ance"},
                                     {U"izer", U"ize"},    {U"bli", U"ble"},
                                     {U"alli", U"al"},     {U"entli", U"ent"},
                                     {U"eli", U"e"},       {U"ousli", U"ous"},
                                     {U"ization", U"ize"}, {U"ation", U"ate"},
                                     {U"ator", U"ate"},    {U"alism", U"al"},
                                     {U"iveness", U"ive"}, {U"fulness", U"ful"},
                                     {U"ousness", U"ous"}, {U"aliti", U"al"},
                                     {U"iviti", U"ive"},   {U"biliti", U"ble"},
                                     {U"fulli", U"ful"},   {U"logi", U"log", positive_with_l}};
    std::u32string stem(word);
    while (Word(stem).ends_with(U"alli") && positive(Word(stem).substr(0, stem.size() - 4)))
        stem.resize(stem.size() - 2);
    return by_rules(stem, rules);
}

std::u32string step_3(Word word) {
    static constexpr Rule rules[] = {{U"icate", U"ic"}, {U"ative", U""}, {U"alize", U"al"}, {U"iciti", U"ic"},
                                     {U"ical", U"ic"},  {U"ful", U""},   {U"ness", U""}};
    return by_rules(word, rules);
}

std::u32string step_4(Word word) {
    static constexpr Rule rules[] = {
        {U"al", U"", above_one},   {U"ance", U"", above_one}, {U"ence", U"", above_one},
        {U"er", U"", above_one},   {U"ic", U"", above_one},   {U"able", U"", above_one},
        {U"ible", U"", above_one}, {U"ant", U"", above_one},  {U"ement", U"", above_one},
        {U"ment", U"", above_one}, {U"ent", U"", above_one},  {U"ion", U"", above_one_after_s_or_t},
        {U"ou", U"", above_one},   {U"ism", U"", above_one},  {U"ate", U"", above_one},
        {U"iti", U"", above_one},  {U"ous", U"", above_one},  {U"ive", U"", above_one},
        {U"ize", U"", above_one}};
    return by_rules(word, rules);
}

std::u32string step_5a(Word word) {
    if (!word.ends_with(U'e')) return std::u32string(word);
    const Word stem = word.substr(0, word.size() - 1);
    const std::size_t m = measure(stem);
    return std::u32string(m > 1 || (m == 1 && !ends_in_short_syllable(stem)) ? stem : word);
}

std::u32string step_5b(Word word) {
    const bool doubled = word.ends_with(U"ll") && measure(word.substr(0, word.size() - 1)) > 1;
    return std::u32string(word.substr(0, word.size() - (doubled ? 1 : 0)));
}

} // namespace

std::u32string porter_stem(std::u32string_view word) {
    const auto* known = std::find_if(std::begin(irregular), std::end(irregular),
                                     [&](const Irregular& entry) { return entry.word == word; });
    if (known != std::end(irregular)) return std::u32string(known->stem);
    std::u32string stem(word);
    if (word.size() <= 2) return stem;
    for (const auto step : {step_1a, step_1b, step_1c, step_2, step_3, step_4, step_5a, step_5b})
        stem = step(stem);
    return stem;
}

} // namespace diapason
