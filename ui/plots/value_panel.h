// The values of each arm at the cursor, or the latest ones; the legend of the plots beside it.
#pragma once

#include "ui/plots/curve_plot.h"

#include <QLabel>
#include <QTableWidget>
#include <QWidget>

#include <set>

namespace diapason::ui {

class ValuePanel : public QWidget {
    Q_OBJECT
public:
    explicit ValuePanel(const RunCurves& curves, QWidget* parent = nullptr);

    /// @param score the view of the score plot: metric, scale, axis, time of a replay
    void show(const std::vector<CurveStyle>& styles, const CurveView& score, double cursor);
    QTableWidget* table() const { return m_table; }

Q_SIGNALS:
    void armChosen(diapason::RowId arm); ///< by the user, to be raised
    void armHidden(diapason::RowId arm, bool hidden);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    const RunCurves& m_curves;
    QLabel* m_title;
    QLabel* m_note;
    QTableWidget* m_table;
};

} // namespace diapason::ui
