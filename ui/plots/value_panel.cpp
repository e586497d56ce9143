#include "ui/plots/value_panel.h"

#include "core/base/format.h"
#include "core/data/metrics.h"
#include "experiments/results/results.h"
#include "ui/plots/arm_values.h"
#include "ui/plots/row_choice.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <map>

namespace diapason::ui {
namespace {

enum Column { Arm, Loss, LossSeeds, Score, ScoreSeeds, ColumnCount };

QTableWidgetItem* cell(QTableWidget* table, int row, int column) {
    if (QTableWidgetItem* there = table->item(row, column)) return there;
    auto* item = new QTableWidgetItem;
    if (column != Arm) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    table->setItem(row, column, item);
    return item;
}

QString number(const ArmValue& value, int decimals, bool interval) {
    if (value.values.empty()) return QStringLiteral("—");
    const Estimate e = estimate(value.values);
    return qs(format_number(e.mean, decimals) +
              (interval && e.n >= 3 ? " ± " + format_number(*e.half_width, decimals) : ""));
}

Moment momentOf(const CurveView& view, double cursor) {
    Moment moment;
    moment.wall = view.untilWall;
    if (std::isfinite(cursor) && view.wallTime) moment.wall = std::min(moment.wall, cursor);
    if (std::isfinite(cursor) && !view.wallTime) moment.step = cursor;
    return moment;
}

} // namespace

// An arm and what its seeds have reached.
struct ValuePanel::Row {
    const CurveStyle* style = nullptr;
    std::vector<SeedCurve> losses, scores;
    ArmValue loss, score;
};

ValuePanel::ValuePanel(const RunCurves& curves, QWidget* parent)
    : QWidget(parent),
      m_curves(curves),
      m_title(label("heading")),
      m_note(label("secondary")),
      m_table(new QTableWidget(0, ColumnCount)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(4);
    m_title->setContentsMargins(12, 0, 12, 0);
    m_note->setContentsMargins(12, 0, 12, 4);
    m_title->setObjectName(QStringLiteral("valuesTitle"));
    layout->addWidget(m_title);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_note);
    m_table->setObjectName(QStringLiteral("values"));
    dressTable(m_table);
    m_table->setHorizontalHeaderLabels({tr("Arm"), tr("Loss"), tr("n"), tr("Score"), tr("n")});
    m_table->horizontalHeader()->setSectionResizeMode(Arm, QHeaderView::Stretch);
    m_table->horizontalHeader()->setResizeContentsPrecision(0); // what is visible, not a thousand rows
    for (int column : {Loss, LossSeeds, Score, ScoreSeeds})
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->horizontalHeaderItem(Arm)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    const MetricText loss = metric_text({"train", "", measure::loss});
    m_table->horizontalHeaderItem(Loss)->setToolTip(tr("%1, %2, not smoothed").arg(loss.heading, loss.unit));
    m_table->horizontalHeaderItem(LossSeeds)->setToolTip(tr("Seeds in the mean of the loss"));
    m_table->horizontalHeaderItem(ScoreSeeds)->setToolTip(tr("Seeds in the mean beside it"));
    m_table->setAccessibleName(tr("Values of each arm; untick one to hide its curves"));
    m_table->setToolTip(tr("Click an arm or press Enter to emphasise it, once more or Escape to stop; untick it to "
                           "hide its curves. Statistics do not change."));
    connect(new RowChoice(m_table), &RowChoice::chosen, this, [this](const QModelIndex& index) {
        Q_EMIT armChosen(m_table->item(index.row(), Arm)->data(Qt::UserRole).toLongLong());
    });
    connect(m_table, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
        if (item->column() == Arm)
            Q_EMIT armHidden(item->data(Qt::UserRole).toLongLong(), item->checkState() == Qt::Unchecked);
    });
}

void ValuePanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_note->setVisible(height() > 260); // in a small window the rows need the room
}

void ValuePanel::mark(RowId arm) {
    m_table->clearSelection();
    for (int row = 0; row < m_table->rowCount() && arm != 0; ++row) {
        if (m_table->item(row, Arm)->data(Qt::UserRole).toLongLong() == arm) m_table->selectRow(row);
    }
}

void ValuePanel::show(const std::vector<CurveStyle>& styles, const CurveView& score, double cursor) {
    const Moment moment = momentOf(score, cursor);
    std::vector<Row> rows;
    std::map<RowId, std::size_t> places;
    for (const CurveStyle& style : styles) {
        const auto [place, isNew] = places.emplace(style.arm, rows.size());
        if (isNew) rows.emplace_back();
        Row& row = rows[place->second];
        row.style = &style;
        const bool brokenOff = m_curves.brokenOff(style.run);
        row.losses.push_back({m_curves.find(style.run, {"train", "", measure::loss}), brokenOff});
        row.scores.push_back({m_curves.find(style.run, score.metric), brokenOff});
    }
    m_title->setText(moment.step                      ? tr("At step %1").arg(static_cast<qint64>(*moment.step))
                     : std::isfinite(cursor)          ? tr("At %1 s").arg(cursor, 0, 'f', 1)
                     : std::isfinite(score.untilWall) ? tr("At the play head")
                                                      : tr("Latest values"));
    m_note->setText((moment.step ? tr("Mean over the seeds that reached this step; ")
                                 : tr("Mean at the last step that all seeds of the arm have reached; ")) +
                    tr("from n = 3, ± is half of the 95 % t-interval."));
    const MetricText text = metric_text(score.metric);
    const QSignalBlocker blocker(m_table);
    m_table->horizontalHeaderItem(Score)->setText(text.brief);
    m_table->horizontalHeaderItem(Score)->setToolTip(text.heading +
                                                     (text.unit.isEmpty() ? QString() : tr(", ") + text.unit));
    m_table->setRowCount(static_cast<int>(rows.size()));
    int index = 0;
    for (Row& row : rows) {
        row.loss = valuesOf(row.losses, moment);
        row.score = valuesOf(row.scores, moment);
        for (double& value : row.score.values)
            value *= score.scale;
        fill(index++, row, text);
    }
}

void ValuePanel::fill(int index, const Row& row, const MetricText& text) {
    const auto set = [&](int column, const QString& value, const ArmValue& from) {
        QTableWidgetItem* item = cell(m_table, index, column);
        if (item->text() != value) item->setText(value);
        item->setToolTip(from.values.empty() ? QString() : tr("at step %1").arg(qs(format_count(from.step))));
    };
    QTableWidgetItem* name = cell(m_table, index, Arm);
    if (name->text() != row.style->shortLabel) name->setText(row.style->shortLabel);
    name->setData(Qt::UserRole, static_cast<qlonglong>(row.style->arm));
    name->setData(Qt::DecorationRole, row.style->colour);
    name->setCheckState(row.style->hidden ? Qt::Unchecked : Qt::Checked);
    name->setToolTip(row.style->armLabel);
    set(Loss, number(row.loss, 3, false), row.loss);
    set(LossSeeds, QString::number(row.loss.values.size()), row.loss);
    set(Score, number(row.score, text.decimals, true), row.score);
    set(ScoreSeeds, QString::number(row.score.values.size()), row.score);
}

} // namespace diapason::ui
