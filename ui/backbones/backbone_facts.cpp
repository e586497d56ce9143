#include "ui/backbones/backbone_facts.h"

#include "core/base/format.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QHeaderView>
#include <QLocale>

namespace diapason::ui {
namespace {

QString textOf(const Json& facts, const char* key, const QString& otherwise = QStringLiteral("–")) {
    const auto found = facts.find(key);
    if (found == facts.end() || !found->is_string() || found->get<std::string>().empty()) return otherwise;
    return qs(found->get<std::string>());
}

QString countOf(const Json& facts, const char* key) {
    return qs(format_count(facts.at(key).get<std::int64_t>()));
}

QString shapeOf(const Json& tensor) {
    QStringList sizes;
    for (const Json& size : tensor.at("shape"))
        sizes.append(qs(format_count(size.get<std::int64_t>())));
    return sizes.join(QStringLiteral(" × "));
}

} // namespace

BackboneFacts::BackboneFacts(QWidget* parent) : QTreeWidget(parent) {
    setObjectName(QStringLiteral("backboneFacts"));
    setAccessibleName(tr("Sizes, sites, parameters and files of the backbone"));
    setColumnCount(3);
    setHeaderHidden(true);
    setRootIsDecorated(true);
    setIndentation(14);
    dressList(this, false, false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setTextElideMode(Qt::ElideMiddle); // the ends of addresses and tensor names tell them apart
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
}

QTreeWidgetItem* BackboneFacts::group(const QString& title, const QString& summary) {
    auto* item = new QTreeWidgetItem(this, {title, summary, {}});
    QFont bold = item->font(0);
    bold.setBold(true);
    item->setFont(0, bold);
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    return item;
}

void BackboneFacts::row(QTreeWidgetItem* group, const QString& name, const QString& middle, const QString& right) {
    auto* item = new QTreeWidgetItem(group, {name, middle, right});
    item->setToolTip(0, name);
    item->setToolTip(1, middle);
    item->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
}

void BackboneFacts::show(const Json& facts) {
    clear();
    auto* sizes = group(tr("Sizes"));
    const bool grouped = facts.at("kv_heads") != facts.at("heads");
    row(sizes, tr("layers"),
        facts.at("decoder_layers").get<std::int64_t>() > 0
            ? tr("%1 and %2").arg(countOf(facts, "layers"), countOf(facts, "decoder_layers"))
            : countOf(facts, "layers"));
    row(sizes, tr("width"), countOf(facts, "width"));
    row(sizes, tr("heads"),
        tr("%1 of %2").arg(countOf(facts, "heads"), countOf(facts, "head_width")) +
            (grouped ? tr(", %1 for keys and values").arg(countOf(facts, "kv_heads")) : QString()));
    row(sizes, tr("feed-forward"),
        countOf(facts, "ffn_width") + (facts.at("gated_ffn").get<bool>() ? tr(", gated") : QString()));
    row(sizes, tr("vocabulary"), countOf(facts, "vocabulary"));
    row(sizes, tr("positions"), countOf(facts, "positions"));
    if (facts.at("window") > 0) row(sizes, tr("sliding window"), countOf(facts, "window"));

    const Json& tokenizer = facts.at("tokenizer");
    auto* words = group(tr("Tokenizer"));
    if (tokenizer.contains("error")) {
        row(words, textOf(tokenizer, "error"), {});
    } else {
        row(words, tr("kind"), textOf(tokenizer, "kind"));
        if (tokenizer.contains("pieces")) row(words, tr("pieces"), countOf(tokenizer, "pieces"));
        QStringList special;
        if (const auto pieces = tokenizer.find("special"); pieces != tokenizer.end()) {
            for (const Json& piece : *pieces) {
                if (special.size() == 5) break;
                special.append(qs(piece.get<std::string>()));
            }
            if (pieces->size() > 5) special.append(QStringLiteral("…"));
        }
        if (!special.isEmpty()) row(words, tr("special"), special.join(QLatin1Char(' ')));
    }

    auto* sites = group(tr("Sites of each layer"), tr("in → out"));
    for (const Json& site : facts.at("sites"))
        row(sites, textOf(site, "site"), tr("%1 → %2").arg(countOf(site, "in"), countOf(site, "out")));

    auto* tensors = group(tr("Parameters"));
    tensors->setText(2, countOf(facts, "parameters"));
    tensors->setTextAlignment(2, Qt::AlignRight | Qt::AlignVCenter);
    for (const Json& tensor : facts.at("tensors")) {
        const auto times = tensor.at("count").get<std::int64_t>();
        row(tensors, textOf(tensor, "name"),
            times > 1 ? tr("%1 × (%2)").arg(times).arg(shapeOf(tensor)) : shapeOf(tensor),
            countOf(tensor, "parameters"));
    }

    if (const auto notes = facts.find("notes"); notes != facts.end() && !notes->empty()) {
        auto* list = group(tr("Notes"));
        for (const Json& note : *notes)
            row(list, qs(note.get<std::string>()), {});
    }
    if (const auto files = facts.find("files"); files != facts.end()) {
        auto* list = group(tr("Files"), tr("SHA-256 at import"));
        for (const Json& file : *files) {
            row(list, textOf(file, "name"), textOf(file, "sha256").left(12) + QStringLiteral("…"),
                qs(format_bytes(file.at("bytes").get<double>())));
            list->child(list->childCount() - 1)->setToolTip(1, textOf(file, "sha256"));
        }
    }
    expandAll();
    if (topLevelItemCount() > 0) setCurrentItem(topLevelItem(0));
}

} // namespace diapason::ui
