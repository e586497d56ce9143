// Where the tokens of a template go in an input.

#include "core/data/prompt_template.h"
#include "tests/support/test_support.h"

using namespace diapason;

namespace {

using Ids = std::vector<std::int64_t>;

/// Ids below 5 are special.
Ids inserted(const PromptTemplate& text, Ids ids) {
    Ids types;
    insert_template(
        text, [](std::int64_t id) { return id < 5; }, ids, types);
    return ids;
}

constexpr std::int64_t p = prompt_slot;

} // namespace

class TestPromptTemplate : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void specialTokensStayOutside() {
        const PromptTemplate text{{p, p}, {30, p}, false};
        QCOMPARE(inserted(text, {1, 10, 11, 2}), (Ids{1, p, p, 10, 11, 30, p, 2}));
        QCOMPARE(inserted(text, {1, 10, 2, 11, 2}), (Ids{1, p, p, 10, 2, 11, 30, p, 2})); // of a pair: the outer ones
        QCOMPARE(inserted(text, {10}), (Ids{p, p, 10, 30, p}));
        QCOMPARE(inserted(text, {1, 2}), (Ids{1, 2, p, p, 30, p})); // no text
        QCOMPARE(inserted(text, {}), (Ids{p, p, 30, p}));
    }

    void anInfixStandsBeforeTheLastToken() {
        const PromptTemplate text{{}, {p, p}, true};
        QCOMPARE(inserted(text, {1, 10, 11}), (Ids{1, 10, p, p, 11}));
        QCOMPARE(inserted(text, {10, 2}), (Ids{10, p, p, 2}));
        QCOMPARE(inserted(text, {10}), (Ids{p, p, 10}));
    }

    void typesFollow() {
        Ids ids = {1, 10, 2, 11, 2}, types = {0, 0, 0, 1, 1};
        insert_template(
            {{p}, {p}, false}, [](std::int64_t id) { return id < 5; }, ids, types);
        QCOMPARE(types, (Ids{0, 0, 0, 0, 1, 1, 1}));
    }
};

DIAPASON_TEST(TestPromptTemplate)
#include "test_prompt_template.moc"
