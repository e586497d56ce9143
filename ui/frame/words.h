// Counted things in words: "1 run", "40 runs".
#pragma once

#include <QCoreApplication>
#include <QTranslator>

#include <cstddef>

namespace diapason::ui {

/// The plurals of English, in place of a file of translations: in a tr() with a count, "(s)" is empty for one and "s"
/// otherwise, and "(one|many)" is its first or its second part, so that "%n run(s) (is|are) left" reads well. A
/// translation into another language is installed over it.
class EnglishPlurals : public QTranslator {
    Q_OBJECT
public:
    using QTranslator::QTranslator;
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* text, const char* disambiguation, int n) const override;

    /// Once for an application, before its first widget.
    static void install();
};

/// The nouns that are counted on several pages.
class Words {
    Q_DECLARE_TR_FUNCTIONS(Words)
public:
    static QString arms(std::size_t n) { return tr("%n arm(s)", nullptr, static_cast<int>(n)); }
    static QString runs(std::size_t n) { return tr("%n run(s)", nullptr, static_cast<int>(n)); }
    static QString seeds(std::size_t n) { return tr("%n seed(s)", nullptr, static_cast<int>(n)); }
    static QString methods(std::size_t n) { return tr("%n method(s)", nullptr, static_cast<int>(n)); }
    static QString problems(std::size_t n) { return tr("%n problem(s)", nullptr, static_cast<int>(n)); }
};

} // namespace diapason::ui
